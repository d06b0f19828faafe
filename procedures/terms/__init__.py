"""What every rule is made of: words in three languages, dates, periods, closed days, opening hours."""
