"""Forms on A4: what a resident checks and signs. Each form is a model, a layout as data, and one function
between them."""
