"""One run decided in full, from what was read to what shall be written and sent; nothing here touches the outside."""
