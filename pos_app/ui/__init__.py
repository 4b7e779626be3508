"""The till's screen: one window, passive views, presenters that ask the services. Qt lives here and nowhere else."""
