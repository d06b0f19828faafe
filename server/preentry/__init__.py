"""The resident's navigator behind its pages: answers, questions, the list, the code for the counter."""
