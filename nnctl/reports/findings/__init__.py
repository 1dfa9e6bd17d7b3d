"""What a report says: the document that every form of the report is written from."""
