"""Who may call: administrators, who have the token of the service's settings."""

from a11i_chassis.auth import TokenCheck
from a11i_delivery.settings import DeliverySettings


def admin_check(settings: DeliverySettings) -> TokenCheck:
    """Return the check of a call's credential."""
    return TokenCheck(settings.admin_token, service="delivery", setting="A11I_DELIVERY_ADMIN_TOKEN")
