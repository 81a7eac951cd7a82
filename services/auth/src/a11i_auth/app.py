"""The auth service's wiring."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from a11i.auth.v1 import auth_service_pb2, auth_service_pb2_grpc
from a11i_auth.service import AdminServicer, AuthServicer
from a11i_auth.settings import AuthSettings
from a11i_chassis.app import App
from a11i_chassis.auth import TokenCheck
from a11i_chassis.errors import A11iError
from a11i_storage.postgres import open_catalog


@asynccontextmanager
async def build(settings: AuthSettings) -> AsyncIterator[App]:
    """Yield the service; it is ready while PostgreSQL answers."""
    pepper = settings.pepper.get_secret_value()
    async with open_catalog(settings.postgres) as catalog:
        auth = AuthServicer(catalog, pepper)
        check_caller = TokenCheck(settings.admin_token, service="auth", setting="A11I_AUTH_ADMIN_TOKEN")
        admin = AdminServicer(catalog, pepper, check_caller)

        async def ready() -> bool:
            try:
                await catalog.ping()
            except A11iError:
                return False
            return True

        services = auth_service_pb2.DESCRIPTOR.services_by_name
        yield App(
            register=[
                lambda server: auth_service_pb2_grpc.add_AuthServiceServicer_to_server(auth, server),
                lambda server: auth_service_pb2_grpc.add_AdminServiceServicer_to_server(admin, server),
            ],
            services=[service.full_name for service in services.values()],
            ready=ready,
        )
