"""The service: state, rules of flow and security. One folder per feature, always the same file names."""
