"""What HQ does with facts and wishes: one transaction per operation, no HTTP and no SQL text in here."""
