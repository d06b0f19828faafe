"""The demo: everything on one machine with simulated devices, behind `kakanai run` and `make run`."""
