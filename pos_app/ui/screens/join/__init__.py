"""The first start of a machine: it joins its store by the line that head office shows."""
