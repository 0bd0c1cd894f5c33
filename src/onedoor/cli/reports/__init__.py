"""Reports of `onedoor report`: every module here registers its own."""
