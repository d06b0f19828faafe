"""The staff's screens: queue, reception, guidance, printing, work items. No rules here."""
