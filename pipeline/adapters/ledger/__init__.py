"""What was judged, decided and sent: an SQL database."""
