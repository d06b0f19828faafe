"""The process on each kiosk and counter PC: local gateway for its browser, card reader and spooler."""
