"""Files that other systems export: read as they are, line by line, and reported on in words a receptionist understands."""
