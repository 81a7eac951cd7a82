"""The bus between the services: port, adapters, and the runner of stages and sinks."""

from a11i_bus.connect import connect
from a11i_bus.port import Bus, Delivery, Message, Subscription
from a11i_bus.settings import BusSettings

__all__ = ["Bus", "BusSettings", "Delivery", "Message", "Subscription", "connect"]
