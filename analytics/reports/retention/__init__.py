"""Who comes back: cohorts of people who began with something, and their returns in the periods since."""
