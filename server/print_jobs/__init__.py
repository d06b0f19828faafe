"""What has to come out of a printer: rows written with the decision, carried out by the station's spooler."""
