"""What staff can do at a till: plain classes without Qt, SQL text or sockets. Screens call them; they answer in facts."""
