"""From a household and a catalogue to the guidance: what applies, why, until when, what to ask next."""
