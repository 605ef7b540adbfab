ALTER TABLE "twin_state" ADD COLUMN "trial_share" double precision;--> statement-breakpoint
ALTER TABLE "twin_state" ADD CONSTRAINT "valid_trial_share" CHECK (trial_share between 0 and 0.2);