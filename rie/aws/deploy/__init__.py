"""What `rie deploy` is made of: template, image, stack, change set, events, delete."""
