"""Tests of core_adapter."""
