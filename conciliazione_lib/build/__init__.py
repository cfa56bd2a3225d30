"""Which notebook runs for which territory, with what inputs; never what a chapter says."""
