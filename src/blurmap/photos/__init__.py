"""Photos where they lie: found, named, decoded, with what their files say of them."""
