"""Small models for trials, made from nothing but espeak-ng's voices. Needs the extra `speech-training`.

A model made here has never heard a human being. It lets the whole path be tried, tested and measured without a
download; for real callers an operator installs one of Vosk's (see the README).
"""
