"""Tones: what they sound like, and how they reach a loudspeaker. Silence never stops anything."""
