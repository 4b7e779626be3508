"""Line displays for the customer: what characters they have, how they are told, and one driver that writes to them."""
