"""What is heard and what is kept: renditions behind grants that end, and files for those who bought them."""
