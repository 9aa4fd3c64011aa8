"""Windows that does not run: an image whose system drive lies in a folder, or single hives. Imported by composition
roots only.
"""
