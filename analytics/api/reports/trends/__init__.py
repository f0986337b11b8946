"""Hours, days, weeks and months one by one."""
