"""What goes again, facts and ledger alike: erased contacts, days that are kept no longer, what came by a lost key."""
