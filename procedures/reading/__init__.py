"""From YAML to a catalogue, every fault with file and line; changing a municipality's file in place."""
