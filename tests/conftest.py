"""What all tests share: a property holds however slow the machine is; whoever waits for ever is stopped by pytest-timeout."""

from hypothesis import settings

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
