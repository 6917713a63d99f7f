"""Old mail and messages: sources give items, running accepts them, settling closes old ones."""
