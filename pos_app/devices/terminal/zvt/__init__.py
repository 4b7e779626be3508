"""ZVT over TCP, the protocol of card terminals in Germany, Austria and Switzerland (PA00P015, version 13)."""
