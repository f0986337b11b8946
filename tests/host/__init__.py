"""The operator's guide, followed on a bare Debian that is booted for it: `make test-host`."""
