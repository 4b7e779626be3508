"""A recovered disk of a lost machine: read, compared with head office, and sent up when a manager has agreed."""
