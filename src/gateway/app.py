"""The WSGI application: domain, web and adapters put together."""

from collections.abc import Callable
from threading import Event, Thread

from flask import Flask, Response, request
from werkzeug.middleware.proxy_fix import ProxyFix

from chassis.identity import unique_name
from chassis.jobs import now_utc
from chassis.links import LinkSigner
from chassis.sharing import Sharing
from gateway.adapters import Adapters
from gateway.admission import Admission
from gateway.batches import Batches
from gateway.link_jobs import LinkJobs
from gateway.media import Media
from gateway.presenting import Presenter
from gateway.reception import Desk
from gateway.reconversion import Reconversion
from gateway.removal import Removal
from gateway.reuse import Reuse
from gateway.settings import SERVICE, GatewaySettings
from gateway.uploads import Uploads
from gateway.web.accounts import account_routes
from gateway.web.answers import SAFETY
from gateway.web.batches import batch_routes
from gateway.web.conversions import conversion_routes
from gateway.web.downloads import download_routes
from gateway.web.errors import answer_errors
from gateway.web.health import health_routes
from gateway.web.identity import Identify
from gateway.web.jobs import ShowJob, job_routes
from gateway.web.media import media_routes
from gateway.web.observation import ROUTE, Observed
from gateway.web.pages import Readable, page_routes
from gateway.web.polling import Polled
from gateway.web.prefetch import prefetch_routes
from gateway.web.rendering import Style
from gateway.web.submissions import submission_routes
from gateway.web.uploads import upload_routes


def create_app(
    settings: GatewaySettings, connect: Callable[[Flask], Adapters], draining: Event
) -> Flask:
    """The gateway over the adapters that `connect` makes; not ready any more once `draining`."""
    app = Flask("gateway", static_folder=None)
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    world = connect(app)
    identify = Identify(world.keys, settings.token_issuer, settings.token_audience, now_utc)
    signer = LinkSigner(settings.link_secret.get_secret_value(), settings.link_hours * 3600)
    presenter = Presenter(settings.public_url, signer.sign_at)
    show = ShowJob(world.jobs, presenter, now_utc)
    policy = settings.policy
    sharing = Sharing(world.jobs, policy, now_utc, keep_sources=settings.keep_sources)
    desk = Desk(
        jobs=world.jobs,
        videos=world.videos,
        admission=Admission(world.jobs, settings.max_unfinished_jobs),
        policy=policy,
        holder=unique_name(SERVICE),
        clock=now_utc,
        reuse=Reuse(sharing, world.jobs, world.videos, _later),
    )
    uploads = Uploads(desk, world.publisher, settings.max_upload_bytes)
    removal = Removal(world.jobs, world.videos, world.mp3s, policy, now_utc)
    links = LinkJobs(desk, world.publisher, world.cache, settings.link_rules, settings.link_fresh)
    batches = Batches(world.jobs, links, desk.admission, removal)
    media = Media(desk, links, world.cache, draining.wait, settings.media_wait_seconds)
    most = settings.max_batch_entries
    style = Style()
    ready = {**world.ready, "accepting": lambda: not draining.is_set()}

    app.register_blueprint(upload_routes(uploads, identify, presenter))
    app.register_blueprint(
        conversion_routes(
            world.jobs, Reconversion(desk, world.publisher, links), identify, presenter
        )
    )
    app.register_blueprint(job_routes(world.jobs, removal, identify, presenter, show))
    app.register_blueprint(
        download_routes(world.jobs, world.mp3s, signer, identify, presenter, now_utc)
    )
    app.register_blueprint(submission_routes(links, batches, identify, presenter, most))
    app.register_blueprint(batch_routes(batches, identify, presenter))
    app.register_blueprint(media_routes(media, links, world.videos, identify, presenter, now_utc))
    app.register_blueprint(prefetch_routes(media, links, identify, presenter, most))
    app.register_blueprint(
        page_routes(Readable(world.jobs, signer, identify), world.mp3s, style, now_utc)
    )
    app.register_blueprint(style.routes())
    app.register_blueprint(account_routes(world.accounts))
    app.register_blueprint(health_routes(ready))
    answer_errors(app)
    app.before_request(_name_route)
    app.after_request(_harden)
    observed = Observed(Polled(app.wsgi_app, show, identify))
    proxies = settings.trusted_proxies
    app.wsgi_app = (  # type: ignore[method-assign]  # as Flask documents it
        ProxyFix(observed, x_for=proxies) if proxies else observed
    )
    return app


def _later(task: Callable[[], None]) -> None:
    """Under gevent a thread is a greenlet; what it leaves undone at the end the sweeper does."""
    Thread(target=task, name="later", daemon=True).start()


def _name_route() -> None:
    if request.url_rule is not None:
        request.environ[ROUTE] = request.url_rule.rule


def _harden(response: Response) -> Response:
    for name, value in SAFETY.items():
        response.headers.setdefault(name, value)
    return response
