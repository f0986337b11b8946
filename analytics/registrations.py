"""What workspaces show and keep of this app, registered there as the program starts."""

from analytics.views.cards import week_cards
from workspaces import cards

cards.register(week_cards)
