"""The way of an invitation to whom it is for: a link, by mail."""

import logging
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse

from campaignos.limits import Limit
from campaignos.texts import in_one_line
from workspaces.models import Invitation, User

INVITATIONS = Limit("invitations", times=100, seconds=3600)
"""From one address, for each is a mail to somebody who did not ask for it."""
TOO_MANY = "Too many invitations came from this address: try again in an hour."

logger = logging.getLogger(__name__)


def invitation_link(request: HttpRequest, token: str) -> str:
    return request.build_absolute_uri(reverse("invitation", args=[token]))


def mail_invitation(invitation: Invitation, link: str, *, by: User) -> bool:
    """Whether it could be sent."""
    workspace = in_one_line(invitation.workspace.name)
    words = {"invitation": invitation, "workspace": workspace, "link": link, "by": in_one_line(by.get_short_name())}
    body = render_to_string("email/invitation.txt", words)
    subject = f"CampaignOS Analytics: You are invited to {workspace}"
    try:
        EmailMessage(subject, body, settings.DEFAULT_FROM_EMAIL, [invitation.email]).send()
    except (SMTPException, OSError):
        logger.warning("The mail of invitation %s could not be sent.", invitation.api_id, exc_info=True)
        return False
    return True
