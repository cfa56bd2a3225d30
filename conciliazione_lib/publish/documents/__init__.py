"""The documents of an edition: *Analisi dei bisogni* of each ATS and of the region, and a sheet for each ambito.

From the executed chapters to one neutral :class:`~.elements.Document`, and from that to Word, PDF and a workbook:
the three say the same thing because they are written from the same elements.
"""
