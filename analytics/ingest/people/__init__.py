"""Who is who, and what is said of contacts: claims are settled, words are weighed, people are joined and part again."""
