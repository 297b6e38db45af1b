"""What the pages for browsers share: elements, the loupe, and the bundling of their scripts into one."""
