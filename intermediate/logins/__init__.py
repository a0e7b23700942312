"""What keeps somebody signed in: sessions of browsers, tokens of programs, and the way back for who is locked out."""
