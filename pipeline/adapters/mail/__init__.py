"""Letters out by SMTP, evidence and bounces in by IMAP."""
