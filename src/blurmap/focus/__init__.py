"""Where is a photo in focus? How wide its blur is at each place, seen at the photo's own pixels."""
