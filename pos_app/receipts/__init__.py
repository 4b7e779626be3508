"""What is printed: a receipt as a pure document, and its renderers (`escpos` for the printer, `text` for people)."""
