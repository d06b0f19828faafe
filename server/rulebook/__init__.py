"""The municipality's own rules: their versions, who wrote and who approved them, and which one counts."""
