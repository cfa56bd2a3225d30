"""The analyst's desk: a local page over the same functions as the commands, for who has a browser and no terminal.

- :mod:`.server`: HTTP on 127.0.0.1, for one browser only: who asks must know the token;
- :mod:`.life`: one desk a folder; it ends when its page is closed;
- :mod:`.pages`: what each address shows and does;
- :mod:`.arrivals`: the files dropped on it, from the guess to the import;
- :mod:`.work`: what is ready, how old it is, what is missing;
- :mod:`.jobs`, :mod:`.child`: what takes minutes, in a process of its own that can be stopped.

It computes nothing, and nothing can be done only here.
"""
