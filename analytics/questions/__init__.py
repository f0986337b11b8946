"""What can be asked, as values: pure, without the ORM and without HTTP."""
